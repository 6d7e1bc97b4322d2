export function TrainRoom() {
  return <></>;
}

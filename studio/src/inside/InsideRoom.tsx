export function InsideRoom() {
  return <></>;
}

export function LabRoom() {
  return <></>;
}

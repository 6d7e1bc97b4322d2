export function WriteRoom() {
  return <></>;
}

export default function Soon(_: { list?: string }) {
  return <p>soon</p>;
}

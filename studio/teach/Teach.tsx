export function Teach() {
  return <p className="faint loading">Not built yet.</p>
}

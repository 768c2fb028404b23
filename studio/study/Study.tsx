export function Study() {
  return <p className="faint loading">Not built yet.</p>
}

export function Models() {
  return <p className="faint loading">Not built yet.</p>
}

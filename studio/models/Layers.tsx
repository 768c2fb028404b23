import type { ModelReport } from '../worker/models.ts'

/** All layers of a network, from its input to its outputs. */
export function Layers({ report: { layers } }: { readonly report: ModelReport }) {
  const weights = layers.reduce((sum, { count }) => sum + count, 0)
  return (
    <details className="layers">
      <summary>
        {layers.length} layers, {weights.toLocaleString('en')} weights
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section className="layers-table" aria-label="Layers" tabIndex={0}>
        <table className="figures small">
          <thead>
            <tr>
              <th scope="col">layer</th>
              <th scope="col">operator</th>
              <th scope="col">output</th>
              <th scope="col">weights</th>
            </tr>
          </thead>
          <tbody>
            {layers.map(({ name, op, shape, count }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{op}</td>
                <td>{shape}</td>
                <td>{count > 0 ? count.toLocaleString('en') : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  )
}

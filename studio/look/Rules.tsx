import { COMPOSITE_NAMES, METHOD_NAMES, METHOD_TITLES, type Tuning, usedBy } from './rules.ts'
import { changed } from './run.ts'
import { compositeFor, isNamedMethod, untunedFor, useLook, type Way } from './store.ts'

/** Half decades of ε. */
const EPSILONS = Array.from({ length: 19 }, (_, k) => 10 ** (-9 + k / 2))

/** The composite or method of the maps, and its numbers. */
export function Rules() {
  const way = useLook(({ way }) => way)
  const tuning = useLook(({ tuning }) => tuning)
  const networks = useLook(({ networks }) => networks)
  const columns = useLook(({ columns }) => columns)
  const network = networks.find(({ id }) => id === columns[0])
  const own = network ? compositeFor(network) : 'paper'
  const name = way === 'card' ? own : way
  const used: Tuning = network && !isNamedMethod(way) ? usedBy(untunedFor(way, network)) : {}
  const set = (change: Tuning) => changed({ tuning: { ...tuning, ...change } })
  const off = (of: keyof Tuning) => (used[of] === undefined ? `Not used by ${name}.` : undefined)
  const value = (of: keyof Tuning, otherwise: number) => tuning[of] ?? used[of] ?? otherwise
  const epsilon = value('epsilon', 1e-6)
  const nearest = EPSILONS.reduce(
    (best, each, k) =>
      Math.abs(Math.log(each / epsilon)) < Math.abs(Math.log(EPSILONS[best]! / epsilon)) ? k : best,
    0,
  )
  return (
    <fieldset className="group">
      <legend>Rules</legend>
      <label className="field">
        Method
        <select
          className="select"
          value={way}
          onChange={({ target }) => changed({ way: target.value as Way, tuning: {} })}
        >
          <option value="card">LRP, by each network’s own rules</option>
          <optgroup label="LRP and gradients, by composite">
            {COMPOSITE_NAMES.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </optgroup>
          <optgroup label="Other methods">
            {METHOD_NAMES.map((each) => (
              <option key={each} value={each}>
                {METHOD_TITLES[each]}
              </option>
            ))}
          </optgroup>
        </select>
      </label>
      {way === 'card' && columns.length > 1 && (
        <p className="faint tiny">
          The sliders begin with the rules of {columns[0]}: {own}. Moved, they hold for all networks.
        </p>
      )}
      <Slider
        label={`α ${value('alpha', 2).toFixed(1)}, β ${(1 - value('alpha', 2)).toFixed(1).replace('-', '−')}`}
        off={off('alpha')}
        min={1}
        max={5}
        step={0.1}
        value={value('alpha', 2)}
        set={(alpha) => set({ alpha })}
      />
      <Slider
        label={`γ ${value('gamma', 0.25).toFixed(2)}`}
        off={off('gamma')}
        min={0}
        max={1}
        step={0.05}
        value={value('gamma', 0.25)}
        set={(gamma) => set({ gamma })}
      />
      <Slider
        label={`ε ${epsilon.toPrecision(1)}`}
        off={off('epsilon')}
        min={0}
        max={EPSILONS.length - 1}
        step={1}
        value={nearest}
        set={(k) => set({ epsilon: EPSILONS[k]! })}
      />
      <Slider
        label={`Flat layers ${value('flat', 0)}`}
        off={off('flat')}
        min={0}
        max={Math.max(1, network?.layers.length ?? 1)}
        step={1}
        value={value('flat', 0)}
        set={(flat) => set({ flat })}
      />
      {Object.keys(tuning).length > 0 && (
        <button type="button" className="button" onClick={() => changed({ tuning: {} })}>
          Reset
        </button>
      )}
    </fieldset>
  )
}

function Slider({
  label,
  off,
  set,
  ...range
}: {
  readonly label: string
  /** Why the slider cannot be moved. */
  readonly off: string | undefined
  readonly min: number
  readonly max: number
  readonly step: number
  readonly value: number
  readonly set: (value: number) => void
}) {
  return (
    <label className="field">
      <span className={off ? 'faint' : undefined}>{off ? `${label.split(' ')[0]}: ${off}` : label}</span>
      <input
        type="range"
        disabled={off !== undefined}
        {...range}
        onChange={({ target }) => set(Number(target.value))}
      />
    </label>
  )
}

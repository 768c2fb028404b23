import { DEVICES, type DeviceChoice, type Place } from '../worker/protocol.ts'
import { runOn } from './run.ts'
import { useLook } from './store.ts'

const NAMES: Record<DeviceChoice, string> = {
  auto: 'Automatic',
  wasm: 'WebAssembly',
  webgpu: 'Graphics (WebGPU)',
}

/** Where networks run, and a choice of where they should. */
export function Where() {
  const device = useLook(({ device }) => device)
  const place = useLook(({ place }) => place)
  const columns = useLook(({ columns }) => columns)
  return (
    <div className="where small">
      <label className="field-inline">
        Networks run on
        <select
          className="select"
          value={device}
          onChange={({ target }) => void runOn(target.value as DeviceChoice)}
        >
          {DEVICES.map((each) => (
            <option key={each} value={each}>
              {NAMES[each]}
            </option>
          ))}
        </select>
      </label>
      <span className="faint">{place && placeInWords(place, columns)}</span>
      <span role="status" className="warn">
        {place?.why}
      </span>
    </div>
  )
}

/** `WebAssembly, 2 threads` */
function placeInWords({ gpu, threads }: Place, columns: readonly string[]): string {
  const onGpu = columns.filter((id) => gpu.includes(id)).length
  if (onGpu > 0 && onGpu === columns.length) return 'WebGPU'
  const wasm = `WebAssembly, ${threads === 1 ? '1 thread' : `${threads} threads`}`
  return onGpu > 0 ? `WebGPU for ${columns.filter((id) => gpu.includes(id)).join(', ')}; ${wasm}` : wasm
}

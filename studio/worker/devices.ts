/** Which networks run on the GPU, and why the others do not. */

import { type Engine, loadEngine, pausing } from 'regard'
import { agreeing, type Verdict } from './agreeing.ts'
import type { DeviceChoice, Place } from './protocol.ts'

export class Devices {
  private readonly wasm: Engine
  private readonly choice: DeviceChoice
  private hear: ((place: Place) => void) | undefined
  private found: Promise<Engine | undefined> | undefined
  private readonly onGpu = new Set<string>()
  /** Networks that the GPU was tried on in vain. */
  private readonly kept = new Set<string>()
  private why: string | undefined = isSecureContext ? undefined : INSECURE

  constructor(wasm: Engine, choice: DeviceChoice, hear: (place: Place) => void) {
    this.wasm = wasm
    this.choice = choice
    this.hear = hear
    this.say()
  }

  /** The engine for a network's graphs. */
  engineFor(network: string): Engine {
    const { wasm, choice } = this
    if (choice === 'wasm' || this.kept.has(network)) return pausing(wasm)
    return pausing(
      agreeing({
        sure: wasm,
        better: () => this.gpu(),
        ifFaster: choice === 'auto',
        tell: (verdict, error) => this.judge(network, verdict, error),
      }),
    )
  }

  /** Others have taken over: these send no more news. */
  leave(): void {
    this.hear = undefined
  }

  /** Its runtime is loaded on first use, and only if there is a GPU. */
  private gpu(): Promise<Engine | undefined> {
    this.found ??= this.find()
    return this.found
  }

  private async find(): Promise<Engine | undefined> {
    const { choice } = this
    if (choice === 'auto' && isSafari()) {
      if (navigator.gpu) this.say(SAFARI)
      return undefined
    }
    try {
      const engine = await loadEngine({ device: choice })
      if (engine.device !== 'webgpu') return undefined
      void engine.lost?.then(() => {
        this.found = Promise.resolve(undefined)
        this.onGpu.clear()
        this.say(LOST)
      })
      return engine
    } catch (error) {
      if (choice === 'webgpu')
        this.say(`WebGPU cannot be used here: ${reasonOf(error)}. WebAssembly is used.`)
      return undefined
    }
  }

  private judge(network: string, verdict: Verdict, error: unknown): void {
    if (verdict === 'agrees') this.onGpu.add(network)
    else {
      this.kept.add(network)
      this.onGpu.delete(network)
    }
    // A lost device makes everything on it fail, and is reported once.
    if (this.why === LOST) return
    if (verdict === 'differs') this.say(`${network}: WebGPU gave other numbers, so WebAssembly is used.`)
    else if (verdict === 'fails')
      this.say(`${network}: WebGPU failed (${reasonOf(error)}), so WebAssembly is used.`)
    else this.say()
  }

  private say(why = this.why): void {
    this.why = why
    this.hear?.({ threads: this.wasm.threads, gpu: [...this.onGpu], why })
  }
}

const INSECURE =
  'Over plain http from another machine, a page gets one thread, no GPU and no camera, and does not work offline. Open it over https or on localhost.'
const LOST = 'Graphics device lost. Continuing with WebAssembly.'
const SAFARI = 'WebGPU is still new in Safari, so WebAssembly is used. You can choose Graphics.'

/** Every WebKit browser, whatever its name. */
function isSafari(): boolean {
  return /AppleWebKit\//.test(navigator.userAgent) && !/Chrom(e|ium)\//.test(navigator.userAgent)
}

/** The first sentence of an error, without a full stop. */
function reasonOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error)
  return said.split(/\n|\. /)[0]!.replace(/\.$/, '')
}

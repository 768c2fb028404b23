/** The explainers that stay loaded, for as long as memory allows. */

import {
  type Composite,
  type Engine,
  type Explainer,
  loadModelExplainer,
  type Model,
  type TunableExplainer,
} from 'regard'
import type { LookRequest } from './protocol.ts'

/** How many stay loaded: for example, two networks with two questions each. */
const KEPT = 4

/** Larger networks are loaded alone, in bytes of weights. */
const LARGE = 100 * 2 ** 20

interface Loaded {
  readonly key: string
  readonly explainer: Explainer
  readonly bytes: number
}

export class Explainers {
  private readonly engineFor: (network: string) => Engine
  /** In order of use, the most recent last. */
  private loaded: Loaded[] = []

  /** @param engineFor the engine for a network's graphs */
  constructor(engineFor: (network: string) => Engine) {
    this.engineFor = engineFor
  }

  /**
   * The explainer of a model that makes the map that is asked for.
   *
   * @param bytes of the network's weights
   */
  async of(model: Model, bytes: number, request: LookRequest): Promise<Explainer> {
    const explainer = await this.loadedFor(model, bytes, request)
    const { parameters } = request
    return parameters ? (explainer as TunableExplainer).tuned(parameters) : explainer
  }

  /** Release those of a network; by default all. */
  async release(network?: string): Promise<void> {
    const own = ({ key }: Loaded) => network === undefined || key.startsWith(`${network} `)
    for (const one of this.loaded.filter(own)) await this.drop(one)
  }

  private async loadedFor(
    model: Model,
    bytes: number,
    { network, way, parameters, conservation, layer }: LookRequest,
  ) {
    // One explainer serves all numbers.
    const tunable = parameters !== undefined
    const asked = [model.output, model.reference, way, tunable, conservation, layer]
    const key = `${network} ${JSON.stringify(asked)}`
    const at = this.loaded.findIndex((one) => one.key === key)
    if (at >= 0) {
      const [one] = this.loaded.splice(at, 1) as [Loaded]
      this.loaded.push(one)
      return one.explainer
    }
    // For a network that is being tuned, earlier explainers are useless, and memory is limited.
    const isLarge = (one: { readonly bytes: number }) => one.bytes > LARGE
    while (
      this.loaded.length > 0 &&
      (this.loaded.length >= KEPT || isLarge({ bytes }) || this.loaded.some(isLarge))
    )
      await this.drop(this.loaded[0]!)
    const explainer = await loadModelExplainer(model, {
      engine: this.engineFor(network),
      ...(isComposite(way)
        ? { composite: way, conservation, layers: layer ? [layer] : [], tunable }
        : { method: way }),
    })
    this.loaded.push({ key, explainer, bytes })
    return explainer
  }

  private async drop(one: Loaded): Promise<void> {
    this.loaded = this.loaded.filter((each) => each !== one)
    await one.explainer.release()
  }
}

function isComposite(way: LookRequest['way']): way is Composite | undefined {
  return way?.method === undefined || way.method === 'relevance' || way.method === 'gradient'
}

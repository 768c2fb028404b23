/**
 * The layers that the paper's networks are made of, with Caffe's semantics: pooling rounds up, LRN divides α by the
 * number of channels, convolutions may be grouped.
 */

import { GraphBuilder, type Value } from '../graph/builder.ts'
import { float32 } from '../graph/types.ts'
import { type Filler, filled } from './fillers.ts'
import type { NetworkOptions } from './network.ts'

/** How a layer with weights starts. */
export interface Start {
  readonly filler: Filler
  readonly bias: number
}

/** The window of a convolution or a pooling. */
interface Window {
  readonly kernel: number
  readonly stride?: number
  readonly pad?: number
}

/** A network that is being built: its picture, and a method for each kind of layer; each takes the layer's name. */
export class Layers {
  readonly g: GraphBuilder
  readonly images: Value
  private readonly options: NetworkOptions

  constructor(name: string, options: NetworkOptions) {
    const { batch, input } = options
    this.options = options
    this.g = new GraphBuilder(name)
    this.images = this.g.input('images', 'float32', [batch, 3, input, input])
  }

  /** A published number of channels, in a network of this width. */
  channels(published: number): number {
    return Math.max(1, Math.round(published * this.options.width))
  }

  conv(
    name: string,
    x: Value,
    filters: number,
    { kernel, stride = 1, pad = 0, group = 1 }: Window & { group?: number },
    start: Start,
  ): Value {
    const shape = [filters, Number(x.shape[1]) / group, kernel, kernel]
    const attributes = { strides: [stride, stride], pads: [pad, pad, pad, pad], group }
    return this.g.op('Conv', [x, ...this.weights(name, shape, start)], attributes, name)
  }

  flatten(name: string, x: Value): Value {
    return this.g.op('Flatten', [x], {}, name)
  }

  innerProduct(name: string, x: Value, units: number, start: Start): Value {
    const weights = this.weights(name, [units, Number(x.shape[1])], start)
    return this.g.op('Gemm', [x, ...weights], { transB: 1 }, name)
  }

  relu(name: string, x: Value): Value {
    return this.g.op('Relu', [x], {}, name)
  }

  maxPool(name: string, x: Value, { kernel, stride = 1, pad = 0 }: Window): Value {
    const attributes = {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      ceil_mode: 1,
    }
    return this.g.op('MaxPool', [x], attributes, name)
  }

  averagePool(name: string, x: Value, { kernel, stride = 1 }: Window): Value {
    return this.g.op('AveragePool', [x], { kernel_shape: [kernel, kernel], strides: [stride, stride] }, name)
  }

  concat(name: string, values: readonly Value[]): Value {
    return this.g.op('Concat', values, { axis: 1 }, name)
  }

  lrn(name: string, x: Value): Value {
    return this.g.op('LRN', [x], { size: 5, alpha: 0.0001, beta: 0.75 }, name)
  }

  /** @param ratio the part that training leaves out */
  dropout(name: string, x: Value, ratio: number): Value {
    return this.g.op('Dropout', [x, this.g.constant(float32([], [ratio]), `${name}.ratio`)], {}, name)
  }

  private weights(name: string, shape: number[], { filler, bias }: Start): [Value, Value] {
    const { g } = this
    return [
      g.constant(filled(shape, filler, this.options.random), `${name}.weight`),
      g.constant(filled([shape[0]!], { constant: bias }, this.options.random), `${name}.bias`),
    ]
  }
}

/** Layers with weights: Convolution, Deconvolution, InnerProduct. */

import type { Value } from '../../../graph/builder.ts'
import type { TensorOf } from '../../../graph/types.ts'
import {
  axisAfterBatch,
  only,
  pictures,
  refuse,
  sizeAt,
  type Translation,
  type Visit,
  window,
} from './translation.ts'

/** Weights [filters, channels / group, height, width]. */
export const convolution: Translation = (visit) => {
  const { filters, group, attributes, kernel } = parametersOf(visit)
  const x = pictures(visit)
  const [weight, bias] = weighted(visit, [filters, sizeAt(x, 1) / group, ...kernel], filters)
  return [visit.g.op('Conv', [x, weight, bias], attributes, visit.layer.name)]
}

/** Weights [channels, filters / group, height, width]. */
export const deconvolution: Translation = (visit) => {
  const { filters, group, attributes, kernel } = parametersOf(visit)
  const x = pictures(visit)
  const [weight, bias] = weighted(visit, [sizeAt(x, 1), filters / group, ...kernel], filters)
  return [visit.g.op('ConvTranspose', [x, weight, bias], attributes, visit.layer.name)]
}

function parametersOf(visit: Visit) {
  const { layer } = visit
  const p = layer.parameters.message('convolution_param')
  if (p.integer('axis', Number.NEGATIVE_INFINITY, 1) !== 1) throw refuse(layer, 'its axis must be 1')
  const filters = p.integer('num_output', 1)
  const group = p.integer('group', 1, 1)
  const channels = sizeAt(pictures(visit), 1)
  if (channels % group !== 0 || filters % group !== 0) {
    throw refuse(layer, `${channels} channels and ${filters} filters cannot be divided into ${group} groups`)
  }
  const pads = window(p, 'pad', layer, 0)
  const attributes = {
    strides: window(p, 'stride', layer, 1),
    pads: [...pads, ...pads],
    dilations: window(p, 'dilation', layer, 1),
    group,
  }
  return { filters, group, attributes, kernel: window(p, 'kernel', layer) }
}

/** Weights [units, inputs], or [inputs, units] where `transpose` is set. */
export const innerProduct: Translation = (visit) => {
  const { g, layer } = visit
  const p = layer.parameters.message('inner_product_param')
  const units = p.integer('num_output', 1)
  const transposed = p.flag('transpose', false)
  let x = only(visit)
  if (axisAfterBatch(visit, p.integer('axis', Number.NEGATIVE_INFINITY, 1), x) !== 1) {
    throw refuse(layer, 'its axis must be 1')
  }
  if (x.shape.length !== 2) x = g.scope(layer.name, () => g.op('Flatten', [x], {}, 'flatten'))
  const inputs = sizeAt(x, 1)
  const [weight, bias] = weighted(visit, transposed ? [inputs, units] : [units, inputs], units)
  return [g.op('Gemm', [x, weight, bias], { transB: transposed ? 0 : 1 }, layer.name)]
}

/** The weight and, unless `bias_term` is off, the bias of a layer, as constants. */
function weighted(visit: Visit, shape: readonly number[], outputs: number): [Value, Value | undefined] {
  const { g, layer } = visit
  const parameters = layer.parameters.message(
    layer.type === 'InnerProduct' ? 'inner_product_param' : 'convolution_param',
  )
  const wanted = [{ name: 'weight', shape }]
  if (parameters.flag('bias_term', true)) wanted.push({ name: 'bias', shape: [outputs] })
  const [weight, bias] = visit.weights(...wanted)
  const named = (tensor: TensorOf<'float32'>, name: string) => g.constant(tensor, `${layer.name}.${name}`)
  return [named(weight!, 'weight'), bias && named(bias, 'bias')]
}

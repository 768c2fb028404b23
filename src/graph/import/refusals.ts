import { UserError } from '../../base/errors.ts'
import type { NodeProto } from '../onnx_pb.ts'

/** Operators on numbers of 8 bits and fewer, of the standard and of ONNX Runtime. */
const QUANTISED = /[Qq]uantize|^Q[A-Z]|Integer|NBits|Bnb4/

/** The error for a node whose operator regard does not know. */
export function unsupported({ name, output, opType, domain }: NodeProto): UserError {
  const called = name || output[0]
  if (QUANTISED.test(opType)) {
    return new UserError(
      'this model is quantised, and what it computes is rounded to small integers',
      `node ${called} (${opType})`,
      'Export it in float32, or give the model from before it was quantised; only weights may be of 8 bits',
    )
  }
  const standard = domain === '' || domain === 'ai.onnx'
  return new UserError(
    `node ${called} uses the operator ${opType} of ${standard ? 'standard ONNX' : `the domain ${domain}`}, which regard does not know`,
    undefined,
    remedyFor(standard ? '' : domain),
  )
}

function remedyFor(domain: string): string {
  if (domain === '')
    return 'Export the model in another opset, which may spell it out in simpler operators, or end it before this node'
  if (domain.startsWith('com.microsoft') || domain === 'ai.onnx.contrib')
    return `It comes from ONNX Runtime's optimiser or extensions: give the model from before they were applied`
  if (domain === 'ai.onnx.ml') return 'It is no part of a neural network: end the model before this node'
  return `If it is a function inside the model, inline it with the onnx package's inliner`
}

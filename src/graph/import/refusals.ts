import { reasonOf, UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
import { isComputed } from '../compute.ts'
import type { NodeProto } from '../onnx_pb.ts'
import type { ValueInfo } from '../types.ts'

/** Operators on numbers of 8 bits and fewer, of the standard and of ONNX Runtime. */
const QUANTISED = /[Qq]uantize|^Q[A-Z]|Integer|NBits|Bnb4/

/** The error for a node whose operator regard does not know. */
export function unsupported({ name, output, opType, domain }: NodeProto): UserError {
  const called = name || output[0]
  if (QUANTISED.test(opType)) {
    return new UserError(
      'this model is quantised: it rounds what it computes to small integers',
      `node ${called} (${opType})`,
      'Export it in float32, or give the model from before it was quantised; only weights may have 8 bits',
    )
  }
  const standard = domain === '' || domain === 'ai.onnx'
  const known = standard && isComputed(opType)
  return new UserError(
    `node ${called} uses the operator ${opType} of ${standard ? 'standard ONNX' : `the domain ${domain}`}, which regard ${known ? 'reads only where it follows from constants' : 'does not know'}`,
    undefined,
    remedyFor(standard ? '' : domain),
  )
}

function remedyFor(domain: string): string {
  if (domain === '')
    return 'Export the model in another opset, which may write it in simpler operators, or cut it off before this node'
  if (domain.startsWith('com.microsoft') || domain === 'ai.onnx.contrib')
    return `It comes from ONNX Runtime's optimiser or extensions: give the model from before they were applied`
  if (domain === 'ai.onnx.ml') return 'It is not part of a neural network: cut the model off before this node'
  return 'It belongs to the program that wrote the model: export the model with standard operators'
}

/** Throw for a constant with an element that is NaN or, where all must be finite, infinite. */
export function refuseBroken(value: Value, builder: GraphBuilder, finite: boolean): void {
  const tensor = builder.constantOf(value)
  if (tensor?.type !== 'float32') return
  const { data } = tensor
  for (let k = 0; k < data.length; k++) {
    if (Number.isFinite(data[k]!) || (!finite && !Number.isNaN(data[k]!))) continue
    const remedy = 'The training diverged, or the file is damaged'
    throw new UserError(`the constant ${value.name} has the element ${data[k]}`, undefined, remedy)
  }
}

/** The error for an output that no node computes. */
export function nothingCalled(name: string): UserError {
  return new UserError(`no node makes its output: there is no value called ${name}`)
}

/** The error for a node that reads a value that the file lacks: most often a weight that was lost. */
export function nothingGiven(name: string): UserError {
  return new UserError(
    `it reads ${name}, which the file lacks: it is not a weight, an input or the output of a node`,
    undefined,
    'Export the model again, with all of its weights',
  )
}

/** Add to an error the node that it is about and, where inputs leave sizes open, what to do about that. */
export function located(error: Error, name: string, op: string, inputs: readonly ValueInfo[]): UserError {
  const where = `node ${name} (${op})`
  const reason = reasonOf(error)
  const message = reason.startsWith(where) ? reason.slice(where.length + 2) : reason
  if (error instanceof UserError)
    return new UserError(message, message.startsWith('node ') ? undefined : where)
  const open = inputs.filter(({ shape }) => shape.some((d) => typeof d === 'string'))
  const said = open.map((input) => `${input.name} [${input.shape.join(', ')}]`)
  const remedy =
    open.length > 0
      ? `You may have to give the size of pictures, with --size or in its card: ${said.join('; ')}`
      : undefined
  return new UserError(message, where, remedy)
}

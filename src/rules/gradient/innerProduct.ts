import type { GraphBuilder, Value } from '../../graph/builder.ts'
import { matrixTransposed } from '../transposed.ts'
import type { BackwardRule } from '../walk.ts'
import { unbroadcast } from './unbroadcast.ts'

/** Gemm: y = α·A·B + β·C: dA = α·dy·Bᵀ, dB = α·Aᵀ·dy (each transposed where it was), dC = β·dy. */
export const innerProductGradient: BackwardRule<'Gemm'> = (
  { builder: g, node, inputs, outputs, wanted },
  [dy],
) => {
  const [a, b, c] = inputs
  const { alpha, beta, transA, transB } = node.attributes
  const product = (left: Value, right: Value, turnLeft: boolean, turnRight: boolean) =>
    g.op('Gemm', [left, right], { alpha, transA: turnLeft ? 1 : 0, transB: turnRight ? 1 : 0 })
  const left = () => (transA ? product(b!, dy!, !!transB, true) : product(dy!, b!, false, !transB))
  const right = () => (transB ? product(dy!, a!, true, !!transA) : product(a!, dy!, !transA, false))
  const share = () => unbroadcast(g, beta === 1 ? dy! : g.mul(dy!, g.scalar(beta)), outputs[0]!.shape, c!)
  return [wanted[0] ? left() : undefined, wanted[1] ? right() : undefined, wanted[2] ? share() : undefined]
}

/** MatMul of matrices or stacks of them: dA = dy·Bᵀ, dB = Aᵀ·dy, summed where one matrix was used for a whole stack. */
export const matMulGradient: BackwardRule<'MatMul'> = ({ builder: g, inputs, outputs, wanted }, [dy]) => {
  const [a, b, stack] = [inputs[0]!, inputs[1]!, outputs[0]!.shape.slice(0, -2)]
  const left = () => {
    const product = g.matmul(dy!, matrixTransposed(g, b))
    return unbroadcast(g, product, [...stack, ...a.shape.slice(-2)], a)
  }
  const right = () => {
    if (b.shape.length === 2) return g.op('Gemm', [asMatrix(g, a), asMatrix(g, dy!)], { transA: 1 })
    const product = g.matmul(matrixTransposed(g, a), dy!)
    return unbroadcast(g, product, [...stack, ...b.shape.slice(-2)], b)
  }
  return [wanted[0] ? left() : undefined, wanted[1] ? right() : undefined]
}

/** A stack of matrices one below the other: the sum over the stack is then part of the product. */
function asMatrix(g: GraphBuilder, x: Value): Value {
  return x.shape.length === 2 ? x : g.reshape(x, [-1, Number(x.shape.at(-1))])
}

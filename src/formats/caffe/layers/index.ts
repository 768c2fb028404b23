import { concat, flatten, permute, reshape, slice, split } from './arrangement.ts'
import { dropout, eltwise, elu, power, prelu, relu, sigmoid, softmax, tanh } from './elementwise.ts'
import { convolution, deconvolution, innerProduct } from './linear.ts'
import { batchNorm, bias, lrn, scale } from './normalisation.ts'
import { pooling } from './pooling.ts'
import type { Translation } from './translation.ts'

/** Every type of layer that is read. */
export const TRANSLATIONS: ReadonlyMap<string, Translation> = new Map(
  Object.entries({
    BatchNorm: batchNorm,
    Bias: bias,
    Concat: concat,
    Convolution: convolution,
    Deconvolution: deconvolution,
    Dropout: dropout,
    ELU: elu,
    Eltwise: eltwise,
    Flatten: flatten,
    InnerProduct: innerProduct,
    LRN: lrn,
    PReLU: prelu,
    Permute: permute,
    Pooling: pooling,
    Power: power,
    ReLU: relu,
    Reshape: reshape,
    Scale: scale,
    Sigmoid: sigmoid,
    Slice: slice,
    Softmax: softmax,
    Split: split,
    TanH: tanh,
  }),
)

import type { BackwardRule } from './walk.ts'

/** What arrives at the output arrives at the input: Identity, and Dropout outside training. */
export const passOn: BackwardRule<'Identity' | 'Dropout' | 'Relu' | 'LRN'> = (_, [arrived]) => [arrived]

/** What arrives takes back the shape of the input: Flatten and Reshape. */
export const passReshaped: BackwardRule<'Flatten' | 'Reshape'> = ({ builder, inputs }, [arrived]) => [
  builder.op('Reshape', [arrived, builder.op('Shape', [inputs[0]!])]),
]

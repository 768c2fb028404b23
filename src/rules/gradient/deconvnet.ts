import type { Operator } from '../../graph/operators.ts'
import type { BackwardRule } from '../walk.ts'

/**
 * Deconvnet, Zeiler and Fergus 2014, *Visualizing and Understanding Convolutional Networks*, section 2.1: what arrives
 * passes through a ReLU of its own, whatever the activation did in the forward pass: dx = dy where dy > 0.
 */
export const deconvnetRule: BackwardRule<Operator> = ({ builder }, [dy]) => [builder.op('Relu', [dy])]

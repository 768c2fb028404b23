/** The orders of axes of a batch of pictures: [batch, channels, height, width] or [batch, height, width, channels]. */
export const LAYOUTS = ['NCHW', 'NHWC'] as const

/** The order of the axes of a batch of pictures. */
export type Layout = (typeof LAYOUTS)[number]

/** The orders of channels that a network can be trained on. */
export const CHANNELS = ['BGR', 'RGB', 'gray'] as const

/** The order of the channels of a batch of pictures; `gray` is one channel, of brightness. */
export type Channels = (typeof CHANNELS)[number]

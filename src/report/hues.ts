/**
 * Colours for things that may be many: Okabe and Ito's without black, which colour-blind people can tell apart, and
 * three more.
 */
export const HUES: readonly string[] = [
  '#d55e00',
  '#0072b2',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#b8a800',
  '#8c6d31',
  '#6b6ecf',
  '#888888',
]

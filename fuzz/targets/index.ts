import type { Target } from '../target.ts'
import { arrays } from './arrays.ts'
import { differential } from './graphs.ts'
import { models } from './models.ts'
import { photos } from './pictures.ts'
import { server } from './studio.ts'
import { tables } from './tables.ts'
import { texts } from './texts.ts'

/** Everything that is fuzzed, by name; each is set up on demand. */
export const targets: Readonly<Record<string, () => Target | Promise<Target>>> = {
  ...models,
  ...arrays,
  ...photos,
  ...texts,
  ...tables,
  ...server,
  ...differential,
}

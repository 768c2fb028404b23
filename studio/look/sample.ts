/** The sample photo that is shown before the user opens one; it is in the public domain. */

import sample from '../samples/astronaut.jpg?url'
import { openPhoto } from './run.ts'

export const SAMPLE = 'Sample: Eileen Collins, NASA'

export async function openSample(): Promise<void> {
  const response = await fetch(sample)
  await openPhoto(await response.blob(), SAMPLE)
}

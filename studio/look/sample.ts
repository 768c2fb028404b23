/** The sample photo that is shown before the user opens one; it is in the public domain. */

import { messageOf } from '../../src/base/errors.ts'
import sample from '../samples/astronaut.jpg?url'
import { fetched } from '../worker/fetched.ts'
import { openPhoto } from './run.ts'
import { setLook } from './store.ts'

export const SAMPLE = 'Sample: Eileen Collins, NASA'

export async function openSample(): Promise<void> {
  setLook({ lacksSample: false })
  try {
    const bytes = await fetched(new URL(sample, document.baseURI))
    await openPhoto(new Blob([bytes], { type: 'image/jpeg' }), SAMPLE)
  } catch (error) {
    setLook({ lacksSample: true, error: messageOf(error) })
  }
}

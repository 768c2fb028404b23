import { useEffect, useState } from 'react'
import { messageOf } from '../../src/base/errors.ts'

/** Something that is read once, or why it could not be. */
export interface Read<T> {
  readonly value?: T
  readonly error?: string
}

/**
 * Read something whenever the key changes.
 *
 * @param key names what is wanted; nothing is read while it is undefined
 */
export function useRead<T>(key: string | undefined, read: () => Promise<T>): Read<T> {
  const [found, setFound] = useState<Read<T> & { readonly key?: string }>({})
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what is read
  useEffect(() => {
    let isOver = false
    if (key === undefined) return
    read().then(
      (value) => !isOver && setFound({ key, value }),
      (error) => !isOver && setFound({ key, error: messageOf(error) }),
    )
    return () => {
      isOver = true
    }
  }, [key])
  return found.key === key ? found : {}
}

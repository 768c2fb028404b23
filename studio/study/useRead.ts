import { useEffect, useState } from 'react'
import { messageOf } from '../look/run.ts'

/** What is read once, and whether it could not be. */
export interface Read<T> {
  readonly value?: T
  readonly error?: string
}

/**
 * Read something whenever another is wanted.
 *
 * @param key what is wanted; nothing is read where it is undefined
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

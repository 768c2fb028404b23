/** Networks that are stored in the browser at the user's request. */

import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { DATABASE } from '../look/store.ts'

/** A stored network: its files as dropped, including its card. */
export interface KeptNetwork {
  readonly id: string
  /** The name of its own file among `files`. */
  readonly file: string
  readonly files: Readonly<Record<string, Blob>>
}

interface Schema extends DBSchema {
  networks: { key: string; value: KeptNetwork }
}

let opened: Promise<IDBPDatabase<Schema>> | undefined

function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>(DATABASE, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('networks', { keyPath: 'id' })
    },
    // Another page deletes everything.
    blocking() {
      void close()
    },
    terminated() {
      opened = undefined
    },
  })
  opened.catch(() => {
    opened = undefined
  })
  return opened
}

async function close(): Promise<void> {
  const closing = opened
  opened = undefined
  ;(await closing)?.close()
}

/** All stored networks; none where the browser cannot store any. */
export async function keptNetworks(): Promise<KeptNetwork[]> {
  try {
    return await (await database()).getAll('networks')
  } catch {
    return []
  }
}

/**
 * Store a network, replacing one of the same name.
 *
 * @throws Error with a message for the user, where there is no room or the browser stores nothing
 */
export async function keep(network: KeptNetwork): Promise<void> {
  try {
    const { id, file, files } = network
    await (await database()).put('networks', { id, file, files })
  } catch (error) {
    const isFull = error instanceof DOMException && error.name === 'QuotaExceededError'
    const why = isFull ? `No room (${megabytes(bytesOf(network))}).` : 'This browser keeps nothing here.'
    throw new Error(`${why} It works until you close the page.`)
  }
}

export async function forget(id: string): Promise<void> {
  await (await database()).delete('networks', id)
}

/** Delete everything that the studio has stored in this browser: networks, settings, and the service worker's cache. */
export async function deleteEverything(): Promise<void> {
  await close()
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(DATABASE)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
  })
  localStorage.clear()
  // A page without a secure context lacks it.
  if ('caches' in window) for (const name of await caches.keys()) await caches.delete(name)
}

/** The browser's estimate of this page's storage, in bytes; undefined where it gives none. */
export async function bytesStored(): Promise<number | undefined> {
  return (await navigator.storage?.estimate())?.usage
}

/** The bytes of all its files. */
export function bytesOf({ files }: Pick<KeptNetwork, 'files'>): number {
  return Object.values(files).reduce((sum, { size }) => sum + size, 0)
}

/** Bytes for people: `6.9 MB`, `98 MB`. */
export function megabytes(bytes: number): string {
  const size = bytes / 2 ** 20
  return `${size < 10 ? size.toFixed(1) : size.toFixed(0)} MB`
}

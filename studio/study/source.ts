/** Where the files of a folder are read from: the server, or a folder that was opened from disk. */

import { getStudies } from './store.ts'

/** The files of one folder. */
export interface Source {
  /** The bytes of a file. Rejects where there is none. */
  blob(path: string): Promise<Blob>
  /** The address of a file, for pictures and links; undefined for a folder from disk. */
  url(path: string): string | undefined
  /** The addresses of a face's photo, and of the picture that the network saw, beside its map. */
  photo(face: string): string | undefined
  face(face: string): string | undefined
}

export async function textOf(source: Source, path: string): Promise<string> {
  return (await source.blob(path)).text()
}

export async function jsonOf<T>(source: Source, path: string): Promise<T> {
  return JSON.parse(await textOf(source, path)) as T
}

/** The files of a folder by its name, wherever it lies. */
export function folderSource(name: string): Source {
  return getStudies().opened[name]?.source ?? servedFolder(name)
}

/** The files of a folder that the server shows. */
function servedFolder(name: string): Source {
  const folder = `api/folders/${encodeURIComponent(name)}`
  const url = (path: string) => `${folder}/files/${path.split('/').map(encodeURIComponent).join('/')}`
  return {
    async blob(path) {
      const response = await fetch(url(path))
      if (!response.ok) throw new Error(`${path} does not exist.`)
      return response.blob()
    },
    url,
    photo: (face) => `${folder}/photos/${encodeURIComponent(face)}`,
    face: (face) => `${folder}/faces/${encodeURIComponent(face)}`,
  }
}

/** The files of a folder that was opened from disk, by their paths in it. */
export function openedFolder(files: ReadonlyMap<string, File>): Source {
  return {
    async blob(path) {
      const file = files.get(path)
      if (!file) throw new Error(`${path} is not in the folder.`)
      return file
    },
    url: () => undefined,
    photo: () => undefined,
    face: () => undefined,
  }
}

/** Files that are dropped anywhere on the page go to the view that is shown. */

import { useEffect } from 'react'

/** What takes the files now; a view that takes none leaves it empty. */
let taker: ((dropped: DataTransfer) => void) | undefined

/**
 * Take files that are dropped while a view is shown. The page says so to its styles by `data-over` while they are held
 * over it.
 *
 * @param take reads what was dropped at once: later it is empty
 */
export function useDrop(take: (dropped: DataTransfer) => void, isShown = true): void {
  useEffect(() => {
    if (!isShown) return
    taker = take
    return () => {
      if (taker === take) taker = undefined
    }
  })
}

/** Without this, the browser would leave the page for a file that is dropped beside what takes it. */
export function listenToDrops(): () => void {
  const over = (event: DragEvent) => {
    if (!holdsFiles(event)) return
    event.preventDefault()
    event.dataTransfer!.dropEffect = taker ? 'copy' : 'none'
    setOver(taker !== undefined)
  }
  const leave = ({ relatedTarget }: DragEvent) => {
    // From one part of the page to another, it is the part that is entered.
    if (relatedTarget === null) setOver(false)
  }
  const drop = (event: DragEvent) => {
    if (!holdsFiles(event)) return
    event.preventDefault()
    setOver(false)
    taker?.(event.dataTransfer!)
  }
  addEventListener('dragover', over)
  addEventListener('dragleave', leave)
  addEventListener('drop', drop)
  return () => {
    removeEventListener('dragover', over)
    removeEventListener('dragleave', leave)
    removeEventListener('drop', drop)
  }
}

/** Words and links that are dragged are the browser's own matter. */
function holdsFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false
}

function setOver(isOver: boolean): void {
  document.documentElement.toggleAttribute('data-over', isOver)
}

/** The dropped files, and those in dropped folders, with paths that begin with the folder's name. */
export async function filesDropped(
  items: DataTransferItemList,
): Promise<{ readonly path: string; readonly file: File }[]> {
  // Taken before anything is awaited: later, the list is empty.
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  return (await Promise.all(entries.map(filesIn))).flat()
}

async function filesIn(entry: FileSystemEntry): Promise<{ readonly path: string; readonly file: File }[]> {
  const path = entry.fullPath.replace(/^\//, '')
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    )
    return [{ path, file }]
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const entries: FileSystemEntry[] = []
  for (;;) {
    // A hundred at a time; none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (some.length === 0) break
    entries.push(...some)
  }
  return (await Promise.all(entries.map(filesIn))).flat()
}

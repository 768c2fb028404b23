/**
 * Where the server does not isolate the page, its service worker does: it is put in place, and the page is loaded once
 * more by it. Without one (no secure context, say) the page works on one thread, and not offline.
 */
export async function isolate(): Promise<void> {
  if (crossOriginIsolated || !('serviceWorker' in navigator)) return
  const hadOne = navigator.serviceWorker.controller !== null
  try {
    await navigator.serviceWorker.register('offline.js')
    await navigator.serviceWorker.ready
  } catch {
    // A browser that allows none, in a private window for one.
    return
  }
  // Once: if the page is not isolated by it, loading it again will not help.
  if (!hadOne) location.reload()
}

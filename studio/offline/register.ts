/**
 * Where the server does not isolate the page, its service worker does: it is registered, and the page is reloaded
 * through it. Without one (for example, without a secure context) the page works on one thread, and not offline.
 */
export async function isolate(): Promise<void> {
  if (crossOriginIsolated || !('serviceWorker' in navigator)) return
  const hadOne = navigator.serviceWorker.controller !== null
  try {
    await navigator.serviceWorker.register('offline.js')
    await navigator.serviceWorker.ready
  } catch {
    // The browser does not allow one, for example in a private window.
    return
  }
  // Once: if the page is not isolated by it, loading it again will not help.
  if (!hadOne) location.reload()
}

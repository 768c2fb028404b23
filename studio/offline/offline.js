/**
 * The service worker of a studio on a plain file server: it enables threads by adding the headers that such a server
 * does not send, and caches what was loaded so that the page works offline. `regard studio` does not need it.
 */

// The name of the build: caches of other builds are deleted.
const KEPT = 'regard studio BUILD'

self.addEventListener('install', () => self.skipWaiting())

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys())
        if (name.startsWith('regard studio') && name !== KEPT) await caches.delete(name)
      await self.clients.claim()
    })(),
  )
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const isOwn = request.method === 'GET' && request.url.startsWith(self.registration.scope)
  if (isOwn) event.respondWith(answered(event))
})

/** From the network, or from the cache where there is none; files with a hash in their names are cached for good. */
async function answered(event) {
  const { request } = event
  const cache = await caches.open(KEPT)
  const known = await cache.match(request, { ignoreSearch: true })
  if (known && request.url.includes('/assets/')) return known
  let response
  try {
    response = await fetch(request)
  } catch (error) {
    if (known) return known
    throw error
  }
  if (response.status !== 200) return response
  const isolated = withHeaders(response)
  // The page need not wait for this, and does without it where there is no room.
  event.waitUntil(cache.put(request, isolated.clone()).catch(() => {}))
  return isolated
}

function withHeaders(response) {
  const headers = new Headers(response.headers)
  headers.set('Cross-Origin-Opener-Policy', 'same-origin')
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp')
  headers.set('Cross-Origin-Resource-Policy', 'same-origin')
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

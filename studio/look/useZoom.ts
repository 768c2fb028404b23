import { type RefObject, useEffect } from 'react'
import { getLook, setLook } from './store.ts'
import { MIDDLE, moved, type Place, zoomed } from './zoom.ts'

/** Fingers on a map: how many, their middle, and how far apart they are. */
interface Fingers {
  readonly count: number
  readonly middle: Place
  readonly apart: number
}

/** Two fingers zoom all maps, one moves them once they are zoomed, and so does the wheel with Ctrl. */
export function useZoom(map: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = map.current!
    const place = ({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }): Place => {
      const { left, top, width, height } = element.getBoundingClientRect()
      return [(clientX - left) / width, (clientY - top) / height]
    }
    let last: Fingers | undefined
    const touch = (event: TouchEvent) => {
      const now = fingersOf([...event.targetTouches].map(place))
      const { zoom } = getLook()
      if (last?.count === now.count && (now.count === 2 || (now.count === 1 && zoom.by > 1))) {
        // Not where the page has begun to scroll.
        if (event.cancelable) event.preventDefault()
        const by = now.count === 2 ? (zoom.by * now.apart) / last.apart : zoom.by
        const [across, down] = now.middle
        setLook({
          zoom: moved(zoomed(zoom, by, last.middle), across - last.middle[0], down - last.middle[1]),
        })
      }
      last = now
    }
    const wheel = (event: WheelEvent) => {
      // Also what a touchpad sends for two fingers.
      if (!event.ctrlKey) return
      event.preventDefault()
      setLook(({ zoom }) => ({ zoom: zoomed(zoom, zoom.by * Math.exp(-event.deltaY / 200), place(event)) }))
    }
    // React's own listeners cannot stop the page from scrolling.
    const listening = { passive: false }
    const touches = ['touchstart', 'touchmove', 'touchend', 'touchcancel'] as const
    for (const type of touches) element.addEventListener(type, touch, listening)
    element.addEventListener('wheel', wheel, listening)
    return () => {
      for (const type of touches) element.removeEventListener(type, touch)
      element.removeEventListener('wheel', wheel)
    }
  }, [map])
}

function fingersOf(places: readonly Place[]): Fingers {
  const [first = MIDDLE, second = first] = places
  return {
    count: places.length,
    middle: [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2],
    apart: Math.max(0.01, Math.hypot(first[0] - second[0], first[1] - second[1])),
  }
}

import { useEffect, useState } from 'preact/hooks'

export type Place =
  | { readonly page: 'home' }
  | { readonly page: 'drop'; readonly drop: number }
  | { readonly page: 'piece'; readonly drop: number; readonly rank: number }

function placeOf(path: string): Place {
  const [, drop, rank] = /^\/drops\/(\d+)(?:\/pieces\/(\d+))?\/?$/u.exec(path) ?? []
  if (drop === undefined) return { page: 'home' }
  if (rank === undefined) return { page: 'drop', drop: Number(drop) }
  return { page: 'piece', drop: Number(drop), rank: Number(rank) }
}

/** Goes to another page of the gallery without letting go of the wallet. */
function go(path: string): void {
  history.pushState(null, '', path)
  dispatchEvent(new PopStateEvent('popstate'))
  scrollTo(0, 0)
  // Where a page that is loaded afresh would put the reader; without this the focus stays on a link that is gone.
  document.querySelector<HTMLElement>('#main')?.focus({ preventScroll: true })
}

/** Links within the gallery; with a key held or another button they stay what they are. */
export function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (link === null || !leadsWithin(link)) return
  event.preventDefault()
  go(link.pathname + link.search)
}

function leadsWithin(link: HTMLAnchorElement): boolean {
  if (link.origin !== location.origin || link.target !== '' || link.hasAttribute('download') || link.hash !== '')
    return false
  return link.pathname === '/' || placeOf(link.pathname).page !== 'home'
}

export function usePlace(): Place {
  const [path, setPath] = useState(location.pathname)
  useEffect(() => {
    const moved = (): void => setPath(location.pathname)
    addEventListener('popstate', moved)
    return () => removeEventListener('popstate', moved)
  }, [])
  return placeOf(path)
}

import { useEffect } from 'preact/hooks'

/** Names the page for tabs, bookmarks and screen readers, as the server does for a page that is opened afresh. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    if (title !== undefined) document.title = title
  }, [title])
}

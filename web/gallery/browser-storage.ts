/** Null where the browser keeps nothing for this page, as in some private windows. */
export function browserStorage(): Storage | null {
  try {
    return localStorage
  } catch {
    return null
  }
}

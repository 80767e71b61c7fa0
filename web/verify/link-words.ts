/** What each link of the audit means, for those who do not read digests: title and meaning make one sentence. */
const WORDS: Readonly<Record<string, readonly [title: string, meaning: string]>> = {
  lineage: ['The registration', 'of network and training data is what their numbers on the chain say.'],
  dataset: ['The training data', 'are listed file by file as they were declared.'],
  bundle: ['The network', 'is the one that was registered: its file has the digest on the chain.'],
  recipe: ['The recipe', 'that turns its output into a piece is the registered one.'],
  engine: ['This browser', 'computes the known answers, to the last bit.'],
  policy: ['The rule', 'of the selection is the one announced before the draw.'],
  terms: ['The terms', 'of that rule are those that the contract enforces.'],
  seed: ['The draw', 'follows from a block hash, and a secret that was committed to before it.'],
  manifest: ['The list of candidates', 'is the one committed on the chain, in this order.'],
  demand: ['The demand', 'that went into the ranking is the published one.'],
  vetoes: ['The vetoes', 'are those that were recorded in public.'],
  earlier: ['Earlier pieces', 'were compared with as the rule says.'],
  selection: ['The selection', 'comes out the same when it is done again.'],
  candidates: ['Other candidates', 'come out the same when they are made again.'],
  collection: ['The collection', 'describes itself as it was recorded.'],
  facts: ['The facts', 'in the token are those of its candidate.'],
  proof: ['The rank', 'of the token is proven against the committed root.'],
  pixels: ['The pixels', 'that your browser has just made are those on record.'],
  scores: ['The scores', 'come out the same when the picture is judged again.'],
  artifact: ['The file', 'that your browser has just made is the published one, byte for byte.'],
  metadata: ['The description', 'of the token says what the record says.'],
}

/** The part of a link's name that says what it is about: 'pixels' of 'token 65536 pixels'. */
export function subjectOf(link: string): string {
  return link.replace(/^token \d+ /u, '')
}

/** @param link as the audit names it, e.g. 'bundle' or 'token 65536 pixels' */
export function wordsOf(link: string): readonly [title: string, meaning: string] {
  const subject = subjectOf(link)
  return WORDS[subject] ?? [`“${subject}”`, 'is as it should be.']
}

/** What each link of the audit means, for those who do not read digests. */
const WORDS: Readonly<Record<string, readonly [title: string, meaning: string]>> = {
  engine: ['This browser', 'computes the known answers of the canonical engine to the last bit'],
  bundle: ['The network', 'is the one that was registered: its file has the digest on the chain'],
  recipe: ['The recipe', 'for turning its output into a piece is the one that was registered'],
  policy: ['The rule', 'is the one that was announced before the draw'],
  terms: ['The terms', 'of the rule are those that the contract enforces'],
  seed: ['The draw', 'follows from a block hash and a secret that was committed to before'],
  manifest: ['The list of candidates', 'is the one committed on the chain, in this order'],
  selection: ['The selection', 'comes out the same when it is done again'],
  candidates: ['Other candidates', 'come out the same when they are made again'],
  facts: ['The facts', 'in the token are those of the candidate in the list'],
  proof: ['The place', 'of the token in the committed ranking is proven'],
  pixels: ['The pixels', 'that your browser has just made are those on record'],
  artifact: ['The file', 'that your browser has just made is the published one, byte for byte'],
  metadata: ['The description', 'of the token says what the record says'],
}

/** @param link as the audit names it, e.g. 'bundle' or 'token 65536 pixels' */
export function wordsOf(link: string): readonly [title: string, meaning: string] {
  const name = link.replace(/^token \d+ /u, '')
  return WORDS[name] ?? [name, '']
}

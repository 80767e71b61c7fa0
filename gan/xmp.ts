/** What the image says about where it came from. */
export interface Provenance {
  /** sha-256 of the bundle. */
  readonly model: string
  /** sha-256 of the recipe. */
  readonly recipe: string
  /** 32 bytes as 0x and hex digits, or a small number. */
  readonly seed: string
}

const AI_MADE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'

/**
 * The XMP packet of an image: made by a trained model, by which one, and from which seed.
 *
 * @see IPTC Photo Metadata Standard 2023.1, "Digital Source Type"
 */
export function provenanceXmp({ model, recipe, seed }: Provenance): string {
  return [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about=""',
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
    ' xmlns:latentmint="urn:latentmint:1#">',
    `<Iptc4xmpExt:DigitalSourceType>${AI_MADE}</Iptc4xmpExt:DigitalSourceType>`,
    `<latentmint:model>${escapeXml(model)}</latentmint:model>`,
    `<latentmint:recipe>${escapeXml(recipe)}</latentmint:recipe>`,
    `<latentmint:seed>${escapeXml(seed)}</latentmint:seed>`,
    '</rdf:Description>',
    '</rdf:RDF>',
    '</x:xmpmeta>',
    '<?xpacket end="r"?>',
  ].join('\n')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

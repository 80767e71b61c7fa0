/** The named properties of an image, measured; every image has every trait. */
export type Traits = Readonly<Record<string, string>>

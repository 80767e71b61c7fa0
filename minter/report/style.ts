/** The page's looks: undyed cloth, indigo and madder by day; the same dyes on a dark ground by night. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #f6f1e7; --card: #fdfaf3; --ink: #2a221c; --soft: #75685a; --line: #ddd2bf;
  --indigo: #31456f; --indigo-soft: #c3cbdc; --madder: #a8412f; --ochre: #b97f24; --mono: ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", "P052", Georgia, "DejaVu Serif", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Inter, Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) { :root { --paper: #16130f; --card: #1f1b16; --ink: #eee5d6; --soft: #a99c8a; --line: #39322a;
  --indigo: #8fa5d8; --indigo-soft: #38425c; --madder: #e08468; --ochre: #e0ac55; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.6 var(--serif); }
main { max-width: 1120px; margin: 0 auto; padding: 0 32px 96px; }
.cloth { height: 260px; background-size: 260px; background-position: center; image-rendering: auto; }
header { max-width: 1120px; margin: -72px auto 0; padding: 0 32px; position: relative; }
.title { background: var(--paper); margin-left: -32px; padding: 32px 44px 8px 32px; display: inline-block; max-width: 860px; border-radius: 6px 6px 0 0; }
.kicker, .label { font: 600 12px/1.4 var(--sans); letter-spacing: .09em; text-transform: uppercase; color: var(--soft); }
h1 { font-size: clamp(40px, 6vw, 68px); line-height: 1.05; font-weight: 500; letter-spacing: -.015em; margin: 10px 0 18px; text-wrap: balance; }
h2 { font-size: 32px; font-weight: 500; letter-spacing: -.01em; margin: 88px 0 8px; line-height: 1.2; }
.lead { font-size: 21px; line-height: 1.55; max-width: 720px; margin: 0; text-wrap: pretty; }
.lead.more { font-size: 17px; margin-top: 14px; color: var(--soft); }
.note { color: var(--soft); max-width: 680px; margin: 0 0 28px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 24px; margin: 44px 0 0; border-top: 1px solid var(--line); padding-top: 24px; }
.facts strong { display: block; font-size: 36px; line-height: 1.1; font-weight: 500; font-variant-numeric: lining-nums tabular-nums; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font-family: var(--sans); fill: var(--ink); font-variant-numeric: tabular-nums; }
svg .fine { font-size: 12px; fill: var(--soft); } svg .tick { font-size: 15px; } svg .count { font-size: 22px; font-family: var(--serif); }
svg .fine.warn { fill: var(--madder); } svg .quiet { font-size: 13px; fill: var(--soft); }
.funnel { max-width: 820px; } .band { fill: var(--indigo); opacity: .82; } .band.whole { opacity: 1; } .band.binding { fill: var(--madder); opacity: 1; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 40px; }
.chart { margin: 0; } figcaption { font: 600 14px/1.4 var(--sans); margin-bottom: 14px; }
rect.all { fill: var(--indigo-soft); } rect.kept { fill: var(--madder); } .axis { stroke: var(--line); } .threshold { stroke: var(--ink); stroke-dasharray: 3 3; stroke-width: 1.2; }
.key { font: 13px/1.5 var(--sans); color: var(--soft); margin: 20px 0 0; } .key i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin: 0 7px 0 18px; vertical-align: -1px; } .key i:first-child { margin-left: 0; }
.key .a { background: var(--indigo-soft); } .key .k { background: var(--madder); } .key .t { width: 0; height: 13px; border-left: 1.5px dashed var(--ink); border-radius: 0; }
.sheet { max-width: 100%; height: auto; display: block; border-radius: 4px; box-shadow: 0 1px 2px #0002, 0 12px 40px #0000001f; }
.pieces { display: grid; grid-template-columns: repeat(auto-fill, minmax(232px, 1fr)); gap: 28px; }
.piece { background: var(--card); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.piece img { display: block; width: 100%; height: auto; aspect-ratio: 1; object-fit: cover; background: var(--line); }
.piece .body { padding: 14px 18px 16px; } .piece h3 { margin: 0; font-size: 21px; font-weight: 500; display: flex; justify-content: space-between; align-items: baseline; }
.piece h3 small { font: 12px var(--sans); color: var(--soft); }
.bits { margin: 0 0 10px; font: 13px/1.5 var(--sans); color: var(--soft); } .bits b { color: var(--ochre); font-weight: 600; }
.properties { display: grid; grid-template-columns: 1fr 1fr; gap: 5px 12px; margin: 0 0 14px; padding: 10px 0; border: solid var(--line); border-width: 1px 0; font-family: var(--sans); }
.properties dt { font-size: 11px; line-height: 1.3; color: var(--soft); } .properties dd { margin: 0; font-size: 13px; line-height: 1.3; }
.marks { display: grid; grid-template-columns: auto 1fr auto; gap: 3px 10px; align-items: center; font: 12px/1.4 var(--sans); color: var(--soft); }
.marks span { height: 4px; border-radius: 2px; background: linear-gradient(to right, var(--indigo) var(--part), var(--line) var(--part)); } .marks em { font-style: normal; font-variant-numeric: tabular-nums; text-align: right; color: var(--ink); }
details { margin-top: 12px; font: 12px/1.5 var(--sans); } summary { cursor: pointer; color: var(--indigo); } details p { margin: 8px 0 0; color: var(--soft); }
code, pre { font-family: var(--mono); font-size: 12.5px; } code { overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 16px 18px; overflow-x: auto; line-height: 1.65; white-space: pre-wrap; overflow-wrap: anywhere; }
.traits { columns: 3 300px; column-gap: 40px; } .trait { width: 100%; break-inside: avoid; border-collapse: collapse; font: 13px/1.4 var(--sans); margin: 0 0 28px; }
.trait caption { text-align: left; font-weight: 600; font-size: 14px; padding-bottom: 6px; text-transform: capitalize; } .trait th { text-align: left; font-weight: 400; padding: 3px 10px 3px 0; width: 38%; }
.meter span { display: block; height: 4px; border-radius: 2px; margin: 2px 0; } .meter .all { min-width: 1px; background: var(--indigo-soft); } .meter .kept { background: var(--madder); }
.number { text-align: right; font-variant-numeric: tabular-nums; color: var(--soft); width: 52px; } .kept-number { color: var(--madder); }
.chain { width: 100%; border-collapse: collapse; font-size: 16px; } .chain td, .chain th { text-align: left; vertical-align: top; padding: 16px 20px 16px 0; border-top: 1px solid var(--line); } .chain th { font-weight: 500; width: 190px; } .chain code { display: block; margin-top: 4px; color: var(--indigo); } .chain p { margin: 0; color: var(--soft); font-size: 15px; }
footer { border-top: 1px solid var(--line); margin-top: 88px; padding-top: 24px; color: var(--soft); font-size: 15px; } footer p { max-width: 760px; }
@media (max-width: 640px) { main, header { padding-left: 20px; padding-right: 20px; } .title { margin-left: -20px; padding: 24px 20px 8px; } .cloth { height: 180px; background-size: 180px; } header { margin-top: -40px; } .facts strong { font-size: 30px; } h2 { margin-top: 64px; } .chain th { display: block; width: auto; border: 0; padding-bottom: 0; } .chain td { display: block; border: 0; padding-top: 4px; } .chain tr { border-top: 1px solid var(--line); display: block; } }
@media print { .cloth { print-color-adjust: exact; } details { display: none; } }
`

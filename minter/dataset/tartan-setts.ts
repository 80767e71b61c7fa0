/** A tartan as it is woven: colours by their letters, and how many threads of each, from one pivot to the other. */
export interface Sett {
  readonly name: string
  /**
   * As weavers write it down, `B/22 K2 G16 K/2`: at the pivots, first and last, the order turns round, and their threads lie on both sides
   * of the turn.
   */
  readonly threadcount: string
}

/**
 * Traditional setts, thirty of them on record by 1850; docs/dataset.md says where their counts were read.
 * Longer ones would have stripes too narrow to be seen.
 */
export const SETTS: readonly Sett[] = [
  { name: 'Armstrong', threadcount: 'G/4 K2 G60 K24 B4 K2 B2 K2 B24 R/6' },
  { name: 'Barclay Dress', threadcount: 'W/2 Y12 K12 Y/2' },
  { name: 'Barclay Hunting', threadcount: 'G/2 B32 G32 R/2' },
  { name: 'Black Watch', threadcount: 'B/24 K4 B4 K4 B4 K20 G24 K6 G24 K20 B22 K4 B/4' },
  { name: 'Cameron', threadcount: 'Y/2 R32 G12 R4 G12 R/4' },
  { name: 'Cameron of Erracht', threadcount: 'G/16 R2 G2 R6 G32 K32 R2 B32 R6 B16 Y/4' },
  { name: 'Cameron of Lochiel', threadcount: 'R/8 B16 R4 B2 W2 B2 R12 G6 R/12' },
  { name: 'Campbell of Cawdor', threadcount: 'A/4 K2 G16 K16 B16 K2 R/4' },
  { name: 'Chisholm', threadcount: 'B/2 R6 G16 R6 B4 W2 B4 R/24' },
  { name: 'Colquhoun', threadcount: 'B/4 K4 B32 K32 W4 G32 R/6' },
  { name: 'Cumming', threadcount: 'K/4 R48 G8 R4 G8 R8 G16 W2 G16 R/8' },
  { name: 'Douglas', threadcount: 'K/4 A4 G16 B16 W/2' },
  { name: 'Ferguson of Balquhidder', threadcount: 'G/4 B24 R2 K24 G24 K/4' },
  { name: 'Fraser', threadcount: 'W/2 R24 G12 R2 B12 R/2' },
  { name: 'Gordon', threadcount: 'B/24 K4 B4 K4 B4 K24 G24 Y4 G24 K24 B22 K4 B/4' },
  { name: 'Graham of Montrose', threadcount: 'K/2 B8 K8 G8 W2 G8 K/8' },
  { name: 'Gunn', threadcount: 'G/2 B24 G2 K24 G24 R/4' },
  { name: 'Keith and Austin', threadcount: 'B/8 K8 B8 G18 K/4' },
  { name: 'Kerr', threadcount: 'G/40 K2 G4 K2 G6 K28 R56 K2 R4 K/8' },
  { name: 'Leslie Hunting', threadcount: 'R/4 B16 K16 W2 G16 K/2' },
  { name: 'Lindsay', threadcount: 'G/40 B4 G4 B4 G4 B16 DR48 B4 DR/6' },
  { name: 'MacArthur', threadcount: 'Y/6 G60 K24 G12 K/64' },
  { name: 'MacDuff', threadcount: 'R/8 K2 R8 G12 K8 B6 R/16' },
  { name: 'MacGregor', threadcount: 'R/72 G36 R8 G12 K2 W/4' },
  { name: 'MacKay', threadcount: 'G/6 B28 G4 K28 G28 K/6' },
  { name: 'MacKintosh', threadcount: 'B/2 R6 G22 R4 B10 R/44' },
  { name: 'MacLaine of Lochbuie', threadcount: 'R/64 G16 A8 Y/2' },
  { name: 'MacLaren', threadcount: 'B/48 K16 G16 R4 G16 K2 Y/4' },
  { name: 'MacLean of Duart', threadcount: 'B/8 A2 K6 Y2 K2 W2 K2 G16 R24 A2 R4 K/2' },
  { name: 'MacLean of Duart Hunting', threadcount: 'K/2 G32 K4 G4 K12 W2 K12 G/6' },
  { name: 'MacLeod of Harris', threadcount: 'R/6 K4 G30 K20 B40 K4 Y/4' },
  { name: 'MacLeod of Lewis', threadcount: 'R/2 Y24 K16 Y2 K/16' },
  { name: 'MacNab', threadcount: 'G/16 DR2 G2 DR2 G2 DR12 R16 DR2 R16 DR12 G14 DR2 G/2' },
  { name: 'MacNeil of Barra', threadcount: 'Y/6 K4 G24 K24 B28 W/6' },
  { name: 'MacPherson Hunting', threadcount: 'B/4 R4 K32 R4 B4 R4 N32 R4 B/4' },
  { name: 'Menzies', threadcount: 'R/72 W8 R6 W8 R12 W4 R2 W/24' },
  { name: 'Munro', threadcount: 'W/6 R64 K36 R8 K/36' },
  { name: 'Rob Roy', threadcount: 'K/8 R/8' },
  { name: 'Robertson', threadcount: 'R/2 G2 R18 B2 R2 G18 R2 B18 R2 G2 R18 G2 R/2' },
  { name: 'Royal Stewart', threadcount: 'R/72 B8 K12 Y2 K2 W2 K2 G16 R8 K2 R4 W/2' },
  { name: 'Sinclair', threadcount: 'R/60 G24 K10 W4 A12 R/60' },
  { name: 'Sinclair Hunting', threadcount: 'G/4 R2 G60 K32 W2 B32 R/4' },
  { name: 'Stewart Dress', threadcount: 'W/72 B8 K12 Y2 K2 W2 K2 G16 R8 K2 R4 W/2' },
  { name: 'Stewart of Atholl', threadcount: 'G/44 K2 G4 K2 G6 K16 R40 K2 R/12' },
  { name: 'Wallace', threadcount: 'K/2 R16 K16 Y/2' },
]

/** The address of the map's worker, as the build lays it down. */
declare module "*?worker&url" {
  const address: string;
  export default address;
}

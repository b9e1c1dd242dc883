declare module "ndjson" {
  const ndjson: { parse(): NodeJS.ReadWriteStream };
  export default ndjson;
}

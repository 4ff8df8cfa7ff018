/** A silent 16-bit WAV file. */
export function wav(options: {
  readonly seconds: number;
  readonly sampleRate?: number;
  readonly channels?: number;
}): Buffer {
  const { seconds, sampleRate = 16_000, channels = 1 } = options;
  const bytesPerFrame = 2 * channels;
  const data = Buffer.alloc(Math.round(seconds * sampleRate) * bytesPerFrame);
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * bytesPerFrame, 28);
  header.writeUInt16LE(bytesPerFrame, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

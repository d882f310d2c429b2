/// All measurements of one contender.
struct Series {
  var measurements: [Measurement] = []

  /// One quantity of them.
  func samples(_ quantity: (Measurement) -> Double) -> Samples { Samples(measurements.map(quantity)) }

  /// What a run read from the disk, usually: nothing, where everything fits into the page cache.
  var diskReadBytes: Double { samples { Double($0.run.diskReadBytes) }.median }
}

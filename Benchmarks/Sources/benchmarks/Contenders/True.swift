extension Contender {
  /// `/bin/true`: what starting any program costs.
  static func `true`(at site: Site) -> Contender {
    Contender(name: "true") {
      let program = try site.program("true")
      return { Measurement(try site.launcher.succeed([program])) }
    }
  }
}

package import WasmEngine

/// A request to a compiler: a backend, and the differences from the compiler's defaults.
///
/// It says nothing about the compiler: two releases that are asked for the same have equal wishes and different
/// identities. So a run knows that an engine changed.
package struct CompileWish: Hashable, Sendable {
  package struct Option: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The option that says what code is optimized for.
  package static let optimizationOption = "opt-level"

  /// The option that says which processors code may run on.
  package static let processorOption = "cpu"

  /// The option that says how much of WebAssembly artifacts assume.
  package static let featuresOption = "features"

  /// The option that says what machine artifacts are for.
  package static let targetOption = "target"

  package let backend: Backend
  /// The options in the compiler's order, so that equal wishes read alike.
  package let options: [Option]

  package init(backend: Backend, options: [Option] = []) {
    self.backend = backend
    self.options = options
  }
}

extension CompileWish: CustomStringConvertible {
  /// `cranelift, opt-level none, epoch-interruption`
  package var description: String {
    // Each start asks for this, and to join an array of texts would take 0.1 ms for generic code.
    options.reduce(into: backend.rawValue) { text, option in
      text += option.value == "true" ? ", \(option.name)" : ", \(option.name) \(option.value)"
    }
  }
}

extension EngineSettings {
  /// The same as any compiler's wish.
  package var wish: CompileWish {
    var options: [CompileWish.Option] = []
    if optimization != .speed {
      options.append(.init(name: CompileWish.optimizationOption, value: optimization.rawValue))
    }
    if cpu != .native { options.append(.init(name: CompileWish.processorOption, value: cpu.description)) }
    options += configuration.entries.map { .init(name: $0.setting.name, value: $0.value) }
    if features != .least { options.append(.init(name: CompileWish.featuresOption, value: features.rawValue)) }
    return CompileWish(backend: backend, options: options)
  }
}

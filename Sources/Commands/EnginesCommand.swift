internal import ArgumentParser
internal import Precompiler
internal import SystemPackage
internal import WasmEngine

struct EnginesCommand: ConfiguredCommand {
  static let configuration = CommandConfiguration(
    commandName: "engines", abstract: "Show what modules can be compiled with, or why not.",
    discussion: "Each backend is tried in a process of its own: an engine's word is not taken for it.")

  @OptionGroup(title: "Where things are") var engine: EngineOptions

  mutating func fill(from configuration: Configuration) { engine.fill(from: configuration) }

  func run() throws {
    let cancellation = Cancellation()
    let interruption = Interruption(cancelling: cancellation)
    let file: EngineFile
    do { file = try engine.search.find() } catch { throw RunFailure(error) }
    let settings = Backend.allCases.map { EngineSettings(backend: $0) }
    do throws(EngineUnusable) {
      let results = try EngineProbe(file, program: .thisExecutable, cancellation: cancellation).identify(settings)
      Output.standard.write("library    \(file.location.path.printable) (\(file.location.origin.rawValue))\n")
      for (one, result) in zip(settings, results) {
        let name = one.backend.rawValue.padded(to: 11)
        switch result {
        case .success(let identity):
          Output.standard.write(
            "\(name)available, \(identity.engineName), build \(identity.libraryBuild.hex.prefix(12)), "
              + "target \(identity.compatibility.target), identity \(identity.shortDigest)\n")
        case .failure(let reason):
          Output.standard.write("\(name)not available: \(reason.description.printable)\n")
        }
      }
      if !results.contains(where: { (try? $0.get()) != nil }) { throw EngineUnusable.noBackend(file.location) }
    } catch {
      interruption.dieIfReceived()
      throw RunFailure(error)
    }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

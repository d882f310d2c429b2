import Testing
import WasmEngine

struct EngineSettingsTests {
  @Test func choicesWithoutEffectDoNotSplitTheCache() {
    for optimization in OptimizationLevel.allCases {
      for cpu in CPUTarget.allCases {
        let winch = EngineSettings(backend: .winch, optimization: optimization, cpu: cpu)
        #expect(winch == EngineSettings(backend: .winch, cpu: cpu))
        let pulley = EngineSettings(backend: .pulley, optimization: optimization, cpu: cpu)
        #expect(pulley == EngineSettings(backend: .pulley, optimization: optimization))
        let cranelift = EngineSettings(backend: .cranelift, optimization: optimization, cpu: cpu)
        #expect(cranelift.optimization == optimization && cranelift.cpu == cpu)
      }
    }
  }

  @Test(arguments: [
    (EngineSettings(backend: .cranelift), "cranelift"),
    (EngineSettings(backend: .winch, optimization: .none), "winch"),
    (EngineSettings(backend: .pulley, cpu: .baseline), "pulley"),
    (EngineSettings(backend: .cranelift, optimization: .none), "cranelift, opt-level none"),
    (
      EngineSettings(backend: .cranelift, optimization: .speedAndSize, cpu: .baseline),
      "cranelift, opt-level speed-and-size, cpu baseline"
    ),
  ])
  func descriptionNamesWhatDiffersFromTheDefaults(_ settings: EngineSettings, _ description: String) {
    #expect(settings.description == description)
  }
}

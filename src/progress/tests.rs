//! Figures of made-up installs.

use proptest::prelude::*;

use super::*;

const STEPS: Stage = Stage::Guest(Phase::Steps);
const WINDOWS_PE: Stage = Stage::Guest(Phase::WindowsPe);
const GIB: u64 = 1 << 30;

fn sec(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A real Windows, in Setup.
fn copying() -> Progress {
    let mut progress = Progress::new(Weights::of_image(10 * GIB), 10 * GIB);
    progress.enter(sec(10), WINDOWS_PE);
    progress
}

#[test]
fn copying_is_measured_by_what_the_disk_holds() {
    let mut progress = copying();
    assert_eq!(progress.at(sec(10)).to_string(), "windowsPE");
    assert_eq!(progress.at(sec(10)).percent, 4);
    progress.written(sec(20), GIB / 100);
    assert_eq!(
        progress.at(sec(20)).to_string(),
        "windowsPE: copying files 0%"
    );
    progress.written(sec(60), 43 * (10 * GIB / 100));
    let snapshot = progress.at(sec(60));
    assert_eq!(snapshot.to_string(), "windowsPE: copying files 42%");
    assert_eq!(snapshot.percent, 21, "four and its share of forty");
    // Windows writes more than its files, and starts with page files and logs.
    progress.written(sec(90), u64::MAX);
    let snapshot = progress.at(sec(90));
    assert_eq!((snapshot.percent, snapshot.stage_percent), (44, Some(100)));
}

#[test]
fn an_estimate_is_given_when_something_is_its_basis() {
    let mut progress = copying();
    assert_eq!(progress.at(sec(300)).left, None, "nothing was copied");
    progress.written(sec(100), 1);
    progress.written(sec(105), GIB);
    assert_eq!(progress.at(sec(105)).left, None, "five seconds are too few");
    progress.written(sec(200), 2 * GIB);
    assert_eq!(progress.at(sec(200)).left, Some(Left::Phase(sec(400))));
    let text = progress.at(sec(200)).left.map(|left| left.to_string());
    assert_eq!(text.as_deref(), Some("about 7 min of this phase left"));
    progress.written(sec(300), 20 * GIB);
    assert_eq!(progress.at(sec(300)).left, None, "copying is done");
}

#[test]
fn measured_weights_give_the_whole() {
    // Ten seconds each.
    let mut progress = Progress::new(Weights::measured([10; 9]), GIB);
    progress.enter(sec(0), Stage::Media);
    assert_eq!(progress.at(sec(5)).left, None);
    progress.enter(sec(10), Stage::Prepare);
    progress.enter(sec(40), Stage::Guest(Phase::Firmware));
    // Everything takes twice as long, and seven of nine stages are left.
    assert_eq!(progress.at(sec(40)).left, Some(Left::Install(sec(140))));
    // A phase that tells nothing goes by the time that is given to it, but not to its end.
    assert_eq!(progress.at(sec(50)).percent, 27);
    assert_eq!(progress.at(sec(50)).left, Some(Left::Install(sec(130))));
    assert_eq!(progress.at(sec(4000)).percent, 32);
    assert_eq!(progress.at(sec(4000)).stage_percent, None);
}

#[test]
fn steps_are_counted() {
    let mut progress = copying();
    progress.enter(sec(600), STEPS);
    progress.steps_done(sec(600), 0, 4);
    assert_eq!(progress.at(sec(600)).to_string(), "steps: 0%");
    progress.steps_done(sec(660), 1, 4);
    assert_eq!(progress.at(sec(660)).left, Some(Left::Phase(sec(180))));
    progress.steps_done(sec(670), 4_000_000_000, 1);
    assert_eq!(progress.at(sec(670)).to_string(), "steps: 100%");
    progress.steps_done(sec(680), 1, 0);
    assert_eq!(progress.at(sec(680)).to_string(), "steps: 100%");
    progress.enter(sec(700), Stage::Seal);
    assert_eq!(progress.at(sec(700)).percent, 94);
}

#[test]
fn a_whole_percent_is_told_once_a_second_and_a_stage_at_once() {
    let mut throttle = Throttle::default();
    let mut lets = |ms, stage, percent| throttle.lets(Duration::from_millis(ms), stage, percent);
    assert!(lets(0, WINDOWS_PE, None));
    assert!(!lets(900, WINDOWS_PE, Some(1)));
    assert!(lets(1000, WINDOWS_PE, Some(2)));
    assert!(!lets(9000, WINDOWS_PE, Some(2)));
    assert!(lets(9001, STEPS, Some(2)));
    assert!(!lets(9002, STEPS, Some(3)));
}

proptest! {
    /// Whatever a guest does: no figure is over 100, none goes back, nothing panics.
    #[test]
    fn figures_stay_in_bounds_and_never_go_back(
        copy_bytes: u64,
        measured: bool,
        heard in proptest::collection::vec(
            (0..40u64, 0..4u8, any::<u64>(), any::<(u32, u32)>()),
            0..60,
        ),
    ) {
        let weights = Weights::of_image(if measured { 0 } else { u64::MAX });
        let mut progress = Progress::new(weights, copy_bytes);
        let (mut now, mut last) = (Duration::ZERO, progress.at(Duration::ZERO));
        for (wait, what, a, (n, of)) in heard {
            now += sec(wait);
            match what {
                0 => progress.written(now, a),
                1 => progress.steps_done(now, n, of),
                2 => progress.enter(now, Stage::ALL[usize::try_from(a % 9).expect("small")]),
                _ => {}
            }
            let next = progress.at(now);
            prop_assert!(next.percent <= 99 && next.stage_percent.unwrap_or(0) <= 100);
            prop_assert!(next.percent >= last.percent);
            if next.stage == last.stage && what != 2 {
                prop_assert!(next.stage_percent >= last.stage_percent);
            }
            last = next;
        }
    }
}

//! How the data disk gets its letter, whoever has it.

use crate::scrub;

/// Who has the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Nobody,
    /// Another volume: a CD drive, a stick.
    Volume,
    /// No volume, such as a connection to a share.
    Other,
}

/// One change of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The volume that has the first gets the second.
    Away(char, char),
    /// The data disk has it no more.
    Drop(char),
    /// The data disk gets it.
    Give(char),
}

/// The changes that are left to do. `ours`: what letters the data disk has; `taken`: all that are.
pub fn moves(
    wanted: char,
    ours: &[char],
    holder: Holder,
    taken: &[char],
) -> Result<Vec<Move>, String> {
    // A volume has one letter: a second is refused.
    let mut moves: Vec<Move> = (ours.iter().filter(|letter| **letter != wanted))
        .map(|letter| Move::Drop(*letter))
        .collect();
    if ours.contains(&wanted) {
        return Ok(moves);
    }
    match holder {
        Holder::Nobody => {}
        Holder::Volume => {
            let new = scrub::new_letter(taken, wanted);
            let new = new.ok_or_else(|| format!("no letter is free for what has {wanted}: now"))?;
            moves.push(Move::Away(wanted, new));
        }
        Holder::Other => {
            return Err(format!(
                "{wanted}: is in use by something that is no volume"
            ));
        }
    }
    moves.push(Move::Give(wanted));
    Ok(moves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_disk_gets_its_letter_whoever_has_it() {
        let moves = |ours: &[char], holder, taken: &[char]| moves('D', ours, holder, taken);
        assert_eq!(
            moves(&[], Holder::Nobody, &['C']),
            Ok(vec![Move::Give('D')])
        );
        assert_eq!(moves(&['D'], Holder::Nobody, &['C', 'D']), Ok(vec![]));
        assert_eq!(
            moves(&['E'], Holder::Nobody, &['C', 'E']),
            Ok(vec![Move::Drop('E'), Move::Give('D')])
        );
        assert_eq!(
            moves(&['D', 'E'], Holder::Nobody, &['C', 'D', 'E']),
            Ok(vec![Move::Drop('E')])
        );
        assert_eq!(
            moves(&['E'], Holder::Volume, &['C', 'D', 'E', 'Z']),
            Ok(vec![Move::Drop('E'), Move::Away('D', 'Y'), Move::Give('D')])
        );
        assert!(moves(&[], Holder::Other, &['C', 'D']).is_err());
        let all: Vec<char> = ('A'..='Z').collect();
        assert!(moves(&[], Holder::Volume, &all).is_err());
    }
}

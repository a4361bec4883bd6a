use std::sync::OnceLock;

/// Values that are made once for each method (of each target), and found again without a lock
/// and without an allocation. There are as many as a program has methods, so none is removed.
#[derive(Debug)]
pub(super) struct Handles<T>([Slot<T>; SLOTS]);

const SLOTS: usize = 64;

type Slot<T> = OnceLock<Box<Entry<T>>>;

#[derive(Debug)]
struct Entry<T> {
    method: &'static str,
    target: Option<Box<str>>,
    value: T,
    /// Another one that fell into the same slot.
    next: Slot<T>,
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Handles([const { OnceLock::new() }; SLOTS])
    }
}

impl<T> Handles<T> {
    /// The value for a method, which is made if it is not there yet.
    pub(super) fn get(
        &self,
        method: &'static str,
        target: Option<&str>,
        make: impl Fn() -> T,
    ) -> &T {
        // The names are constants: its address tells one from the others, and one that lies in
        // two places has two entries with the same value.
        let mut slot = &self.0[method.as_ptr().addr() / 8 % SLOTS];
        loop {
            let entry = slot.get_or_init(|| {
                let target = target.map(Box::from);
                Box::new(Entry { method, target, value: make(), next: OnceLock::new() })
            });
            if std::ptr::eq(entry.method, method) && entry.target.as_deref() == target {
                return &entry.value;
            }
            slot = &entry.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_of_each_target_has_its_own() {
        let handles = Handles::default();
        let names: Vec<&'static str> = (0..200).map(|n| &*format!("/m/{n}").leak()).collect();
        for pass in 0..2 {
            for (n, name) in names.iter().enumerate() {
                for target in [None, Some("a"), Some("b")] {
                    let made = format!("{n}{target:?}");
                    let value = handles.get(name, target, || format!("{made} {pass}"));
                    assert_eq!(*value, format!("{made} 0"));
                }
            }
        }
    }
}

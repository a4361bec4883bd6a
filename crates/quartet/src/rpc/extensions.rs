use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Values of any types that belong to one call: what interceptors leave for each other, for the
/// handler, and for the calls that it makes. Costs nothing while it is empty; clones share what
/// is in it.
#[derive(Clone, Default)]
pub(crate) struct Extensions(Option<Arc<Link<dyn Any + Send + Sync>>>);

/// A value, and those that were there before it.
struct Link<T: ?Sized> {
    earlier: Extensions,
    value: T,
}

impl Extensions {
    /// Adds a value; it hides an earlier one of its type.
    pub(super) fn add<T: Send + Sync + 'static>(&mut self, value: T) {
        let earlier = std::mem::take(self);
        self.0 = Some(Arc::new(Link { earlier, value }));
    }

    /// The latest value of this type.
    pub(super) fn get<T: 'static>(&self) -> Option<&T> {
        let mut next = self.0.as_deref();
        while let Some(link) = next {
            if let Some(value) = link.value.downcast_ref() {
                return Some(value);
            }
            next = link.earlier.0.as_deref();
        }
        None
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for Extensions {
    /// Not the values: what they may show is not known here.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut count = 0;
        let mut next = self.0.as_deref();
        while let Some(link) = next {
            count += 1;
            next = link.earlier.0.as_deref();
        }
        write!(f, "{count} values")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_value_of_a_type_is_found() {
        let mut values = Extensions::default();
        assert!(values.is_empty());
        values.add(1u32);
        values.add("text");
        let before = values.clone();
        values.add(2u32);
        assert_eq!(values.get::<u32>(), Some(&2));
        assert_eq!(before.get::<u32>(), Some(&1));
        assert_eq!(values.get::<&str>(), Some(&"text"));
        assert_eq!(values.get::<u64>(), None);
        assert_eq!(format!("{values:?}"), "3 values");
    }
}
